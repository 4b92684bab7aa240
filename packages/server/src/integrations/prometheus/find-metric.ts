/** Whether Prometheus has a metric of a name. */
import type { FoundMetric, MonitoringAddress, Outgoing } from '../interfaces.ts'
import { queryInstant } from './query.ts'

const NAME = /^[A-Za-z_:][\w:]*$/

/** Looks for series of the last hour. */
export async function findMetric(
  outgoing: Outgoing,
  address: MonitoringAddress,
  name: string,
  now: Date,
): Promise<FoundMetric> {
  if (!NAME.test(name)) return { kind: 'absent', why: `${name} is no name of a metric` }
  const answer = await queryInstant(outgoing, address, `count(last_over_time(${name}[1h]))`, now)
  if (answer.kind !== 'series') return { kind: 'failed', why: answer.detail }
  return answer.series.length > 0
    ? { kind: 'found' }
    : { kind: 'absent', why: `there is no metric ${name} in the last hour` }
}
