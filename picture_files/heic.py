"""HEIC and HEIF, which Pillow reads by a plug-in; its limits on memory are libheif's own and stay on."""

from pillow_heif import register_heif_opener

# What a file carries beside its pictures isn't looked at; one thread for each file is enough.
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
