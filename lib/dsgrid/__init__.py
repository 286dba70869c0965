"""dsgrid: many energy-demand datasets combined into one consistent picture."""
