"""What people say: texts → opinions → liked and disliked topics, and v_u = f_L(L(u)), the vector of what was said."""
