"""The demonstration district of scripts/run."""
