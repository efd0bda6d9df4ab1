//! Grades a file without its password, and proves it with one (`certstow check`).
