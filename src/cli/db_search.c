#include "cli/db_actions.h"
const struct db_action db_search = {0};
