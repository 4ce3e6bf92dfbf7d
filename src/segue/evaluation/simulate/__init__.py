"""People with something in mind talk with the engine: how often do they get it, and how soon?

`people` draws them, `meeting` lets each talk with a `Talker`, `success` counts. They say only what is true of what they
look for and what somebody would remember, never its title, but for those who know it. What they say is worded by tables
of this room, not by those that the engine reads with; targets and wordings of the part ``test`` never occur in the part
``tuning``.
"""
