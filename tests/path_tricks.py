"""Paths that are tried to get at an edition's hidden files; ``{}`` stands for the file's name."""

HIDDEN = ("solution.csv", "train_labels.csv", "oracle.csv", "secret.json")
TRICKS = [
    "../hidden/{}", "..%2fhidden%2f{}", "..%2Fhidden%2F{}", "%2e%2e/hidden/{}", "./../hidden/{}",
    "%2e%2e%2fhidden%2f{}", "..%252fhidden%252f{}", "..\\hidden\\{}", "..%5chidden%5c{}",
    "....//hidden/{}", "test.csv/../../hidden/{}", "test.csv%00../../hidden/{}", "{}", "hidden/{}",
    "/hidden/{}", "%2fhidden/{}", "~/hidden/{}", "file:///hidden/{}", "..;/hidden/{}",
    "%c0%ae%c0%ae/hidden/{}", "%uff0e%uff0e/hidden/{}", "{}%00.csv", "{}?x=test.csv", "test.csv;{}",
]  # fmt: skip
