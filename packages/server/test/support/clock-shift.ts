/**
 * A clock of a process that can be moved while it runs, by Debian's libfaketime: everything in the
 * process sees it, only what measures durations does not. Where it is not installed, tests that need
 * it are skipped by name.
 */
import { globSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const LIBRARY = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]

/** Whether it is installed. */
export const canShiftClock = LIBRARY !== undefined

export interface ShiftedClock {
  /** For the process. */
  readonly variables: Readonly<Record<string, string>>
  /** Moves it to so many seconds ahead of the machine's clock, or behind. */
  shift(seconds: number): void
}

/** A clock that agrees with the machine's so far. */
export function createShiftedClock(): ShiftedClock {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'flagmarshal-clock-')), 'offset')
  const shift = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}s\n`)
  shift(0)
  return {
    variables: {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    shift,
  }
}
