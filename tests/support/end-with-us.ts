/**
 * Programs that tests start end with the process that started them, whatever it ends of: a hook that
 * timed out, or a test file that was given up, closes nothing.
 */
import type { ChildProcess } from 'node:child_process'

/** Kills it when this process exits, unless it has ended before. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}
