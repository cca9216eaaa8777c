"""What people are asked to label in a round, for every tool that they may use: queries/rNN."""
