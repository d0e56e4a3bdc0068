"""The shell that node and centre share, so that what keeps data and accounts safe exists once."""
