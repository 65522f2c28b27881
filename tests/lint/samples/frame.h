// lint as: src/base/frame.h
/* No licence, no guard. */ // expect: spdx // expect: guard
int<TAB>a; // expect: tab
int b;<BLANK> // expect: trailing-blank
