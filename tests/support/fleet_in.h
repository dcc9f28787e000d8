/* fleet_in: what the files of the fleet share. */
#ifndef KRV_FLEET_IN_H
#define KRV_FLEET_IN_H

/* Aborts with a sentence unless status is 0. */
void fleet_must(int status, const char *what, const char *who);

#endif
