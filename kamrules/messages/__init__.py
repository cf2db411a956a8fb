"""Problems, and what people read of them."""
