extern int x_;
