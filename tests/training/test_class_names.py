"""What classes are called in one word."""

from training.class_names import simple_names


def test_a_clear_name_of_one_word_is_told_from_other_names_and_the_ends_of_names() -> None:
    classes = [["racket", "racquet"], ["traffic or street sign", "street sign"], ["Irish Terrier"]]
    clear, others = simple_names(classes)
    assert clear == {"racket"}
    assert others == {"racquet", "sign", "terrier"}
