"""Everything that is SQL: two databases behind one seam, the migrations, and one module per table."""
