"""The three files of /etc/ha.d and hatwist.toml, as frozen values."""
