/**
 * Rules, alerts and expressions of Prometheus over its HTTP API
 * (https://prometheus.io/docs/prometheus/latest/querying/api/).
 */
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import type { Asked } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { AlertRules, MonitoringAddress, MonitoringAnswer, Outgoing } from '../interfaces.ts'

const Labels = z.record(z.string(), z.string())
const Loaded = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        file: z.string(),
        rules: z.array(
          z.looseObject({
            name: z.string(),
            query: z.string(),
            health: z.string().default('unknown'),
            lastError: z.string().optional(),
            labels: Labels.default({}),
            annotations: Labels.default({}),
          }),
        ),
      }),
    ),
  }),
})
const Alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ state: z.string(), labels: Labels })) }),
})
const Sample = z.tuple([z.number(), z.string()])
const Answered = z.object({
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample })) }),
    z.object({ resultType: z.literal('scalar'), result: Sample }),
  ]),
})
const Failure = z.object({ error: z.string().max(2_000) })

const LARGEST_BYTES = 8 * 1_048_576

/** Through the one way out. */
export function prometheusRules(outgoing: Outgoing): AlertRules {
  const get = (address: MonitoringAddress, path: string) =>
    ask(outgoing, address, path, { maxBytes: LARGEST_BYTES })
  return {
    async loaded(address) {
      return parsed(await get(address, '/api/v1/rules?type=alert'), Loaded, ({ data }) =>
        data.groups.flatMap(({ name: group, file, rules }) =>
          rules.map(({ name, query, labels, annotations, health, lastError }) => ({
            group,
            file,
            name,
            query,
            labels,
            annotations,
            health,
            ...(lastError === undefined ? {} : { lastError }),
          })),
        ),
      )
    },
    async active(address) {
      return parsed(await get(address, '/api/v1/alerts'), Alerts, ({ data }) =>
        data.alerts.map((it) => ({ ...it, receivers: [] })),
      )
    },
    async reload(address) {
      const answer = await ask(outgoing, address, '', { method: 'POST' })
      if (answer.kind === 'failed') return answer
      if (answer.status === 200) return { kind: 'answered', value: undefined }
      return { kind: 'failed', why: doorSentence('the reload', answer.status) }
    },
    async series(address, expression) {
      const answer = await ask(outgoing, address, '/api/v1/query', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ query: expression }).toString(),
      })
      return parsed(answer, Answered, ({ data }) => {
        const values = data.resultType === 'scalar' ? [data.result] : data.result.map((it) => it.value)
        return values.filter(([, value]) => value !== 'NaN').length
      })
    },
  }
}

function parsed<S extends z.ZodType, T>(
  answer: Asked,
  schema: S,
  take: (value: z.output<S>) => T,
): MonitoringAnswer<T> {
  if (answer.kind === 'failed') return answer
  if (answer.status !== 200) {
    const said = Failure.safeParse(answer.json)
    const why = said.success ? said.data.error : doorSentence('Prometheus', answer.status)
    return { kind: 'failed', why }
  }
  const found = schema.safeParse(answer.json)
  if (!found.success) return { kind: 'failed', why: 'what answers does not speak the HTTP API of Prometheus' }
  return { kind: 'answered', value: take(found.data) }
}
