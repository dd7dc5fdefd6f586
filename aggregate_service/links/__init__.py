"""Lists of links: reading them row by row, and downloading pictures from strangers' servers safely."""
