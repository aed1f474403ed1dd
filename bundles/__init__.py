"""A study in one file: what it holds, how it is made, and the papers that go with it."""
