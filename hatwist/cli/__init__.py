"""hatwistctl, the command of the administrator."""
