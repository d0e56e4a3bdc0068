"""The fire drill: a school's machine burns, and comes back from the centre's repository."""
