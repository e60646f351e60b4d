"""Pictures of every screen at two widths, judged by a machine and then by whoever looks: `make screens`."""
