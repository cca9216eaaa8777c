"""What people drew: read from masks, polygons or Label Studio, checked, kept in data/annotations/rNN, and merged."""
