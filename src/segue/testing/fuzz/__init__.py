"""Conversations of people who type anything, and a judge of what they are answered.

`turns` types, `world` is a small catalogue with titles that are hard to tell from wishes, `inventing` is a language
model that makes things up, `judge` looks at every piece of every answer, `run` puts them together.
"""
