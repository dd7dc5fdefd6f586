"""What people and programs talk to: pictures in, similar pictures out. No torch, no faiss."""
