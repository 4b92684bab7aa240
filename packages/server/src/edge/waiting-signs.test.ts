import { describe, expect, it } from 'vitest'

import { createWaitingSigns } from './waiting-signs.ts'

const at = (second: number) => new Date(1_000 * second)
const acknowledgement = (instanceId: string, revision: number) => ({
  instanceId,
  revision,
  instance: { application: 'shop', layers: [], sdk: 'test', sdkVersion: '1', mode: 'stream' as const },
})

describe('signs that wait at an edge', () => {
  it('are one for each instance, the newest, and wait no longer once they were taken', () => {
    const waiting = createWaitingSigns()
    waiting.note('one', { spoke: true, streamOpen: true }, at(1))
    waiting.note('one', { spoke: false, streamOpen: false }, at(2))
    expect(waiting.take(at(2)).signs).toEqual([{ instanceId: 'one', spoke: true, streamOpen: false }])
    expect(waiting.take(at(2)).signs).toEqual([])
  })

  it('that could not be passed on are dropped, but not acknowledgements of who is still there', () => {
    const waiting = createWaitingSigns()
    waiting.note('one', { spoke: true, streamOpen: true }, at(1))
    waiting.note('gone', { spoke: true }, at(1))
    waiting.acknowledge(acknowledgement('one', 7), at(1))
    waiting.acknowledge(acknowledgement('gone', 7), at(1))
    waiting.putBack(waiting.take(at(1)))
    const later = waiting.take(at(120))
    expect(later.signs).toEqual([])
    expect(later.acknowledgements).toEqual([acknowledgement('one', 7)])
  })

  it('are said again when the server may have missed them, with the newest acknowledgement', () => {
    const waiting = createWaitingSigns()
    waiting.note('one', { spoke: true, streamOpen: true }, at(1))
    waiting.acknowledge(acknowledgement('one', 7), at(1))
    const failed = waiting.take(at(1))
    waiting.acknowledge(acknowledgement('one', 8), at(2))
    waiting.putBack(failed)
    waiting.again()
    expect(waiting.take(at(2))).toEqual({
      signs: [{ instanceId: 'one', spoke: false, streamOpen: true }],
      acknowledgements: [acknowledgement('one', 8)],
    })
  })
})
