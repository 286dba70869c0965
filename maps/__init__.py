"""Makes the shapes that the viewer's maps are drawn of."""
