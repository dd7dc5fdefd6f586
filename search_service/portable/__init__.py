"""The portable index: `index.faiss`, whose ids are positions in `image_paths.json`."""
