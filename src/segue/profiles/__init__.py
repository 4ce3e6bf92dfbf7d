"""Who the person is now: the live history, the session, and a readable taste."""
