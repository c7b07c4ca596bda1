/* SPDX-License-Identifier: MIT */

#include "base/console_keys.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 0x03, CTRL_D = 0x04, ESCAPE = 0x1B, KEYS_AT_ONCE = 32 };

bool console_has_reader(void)
{
    return isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 &&
           tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int console_rows(void)
{
    struct winsize window = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 ? window.ws_row : 0;
}

/* An arrow is several bytes that begin with Escape. */
static enum console_key key_of(const unsigned char *bytes, ssize_t count)
{
    if (count <= 0) {
        return CONSOLE_KEY_NONE;
    }
    switch (bytes[0]) {
    case '\r':
    case '\n':
        return CONSOLE_KEY_LINE;
    case 'q':
    case 'Q':
    case CTRL_C:
    case CTRL_D:
        return CONSOLE_KEY_END;
    case ESCAPE:
        return count == 1 ? CONSOLE_KEY_END : CONSOLE_KEY_PAGE;
    default:
        return CONSOLE_KEY_PAGE;
    }
}

enum console_key console_read_key(void)
{
    unsigned char bytes[KEYS_AT_ONCE];
    struct termios before;
    struct termios modes;
    ssize_t count;

    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return CONSOLE_KEY_NONE;
    }
    modes = before;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &modes) != 0) {
        return CONSOLE_KEY_NONE;
    }
    do {
        count = read(STDIN_FILENO, bytes, sizeof(bytes));
    } while (count < 0 && errno == EINTR);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    return key_of(bytes, count);
}
