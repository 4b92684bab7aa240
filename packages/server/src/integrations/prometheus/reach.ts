/** How far back samples are read, and how old one may be. */

/** In scrapes: one may be missing, and none is on time. */
export const SLACK_SCRAPES = 2.5

/** To tell a source that fell silent from one that never spoke. */
export const LOOK_BACK_MS = 5 * 60_000
