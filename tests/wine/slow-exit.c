/* Has a process of Wine take two seconds to leave the host after it ended for Windows, as it may on a
 * busy machine: to be preloaded. For tests only. */

#include <unistd.h>

__attribute__((destructor)) static void leave_slowly(void)
{
    sleep(2);
}
