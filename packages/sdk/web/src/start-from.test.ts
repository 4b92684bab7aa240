import { OpenFeature, OpenFeatureEventEmitter, ProviderEvents, ProviderStatus } from '@openfeature/web-sdk'
import type { Provider } from '@openfeature/web-sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { readFlags, writeFlags } from './page-flags.ts'
import type { PageFlags } from './page-flags.ts'
import { startFrom } from './start-from.ts'

const page: PageFlags = {
  targetingKey: 'ada',
  flags: [
    { key: 'on', value: true, variant: 'on', reason: 'SPLIT' },
    { key: 'text', value: 'hello', variant: 'a', reason: 'STATIC' },
    { key: 'limit', value: 3, variant: 'three', reason: 'STATIC' },
    { key: 'look', value: { color: 'red' }, variant: 'red', reason: 'STATIC' },
    { key: 'own', variant: 'caller-default', reason: 'DISABLED' },
    { key: 'keyless', errorCode: 'TARGETING_KEY_MISSING' },
  ],
}

/** Another provider with values, that is ready when it is told so. */
function liveWith(values: Readonly<Record<string, unknown>>) {
  let settle: { resolve: () => void; reject: (error: Error) => void } = { resolve() {}, reject() {} }
  const initialized: unknown[] = []
  const [moved, closed] = [vi.fn(), vi.fn()]
  const answer = (key: string, fallback: unknown) =>
    key in values
      ? { value: values[key], variant: 'live', reason: 'STATIC' }
      : { value: fallback, reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' }
  const provider = {
    metadata: { name: 'live' },
    runsOn: 'client',
    events: new OpenFeatureEventEmitter(),
    initialize: (context: unknown) =>
      new Promise<void>((resolve, reject) => {
        initialized.push(context)
        settle = { resolve, reject }
      }),
    onContextChange: moved,
    onClose: closed,
    resolveBooleanEvaluation: answer,
    resolveStringEvaluation: answer,
    resolveNumberEvaluation: answer,
    resolveObjectEvaluation: answer,
  } as unknown as Provider
  return {
    provider,
    initialized,
    moved,
    closed,
    ready: () => settle.resolve(),
    fail: () => settle.reject(new Error('the server is away')),
  }
}

const same = { on: true, text: 'hello', limit: 3, look: { color: 'red' } }
const client = OpenFeature.getClient()
let changed: unknown[] = []

beforeEach(async () => {
  changed = []
  OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, (it) => void changed.push(it?.flagsChanged))
  await OpenFeature.setContext({ targetingKey: 'ada' })
})
afterEach(async () => {
  vi.useRealTimers()
  OpenFeature.clearHandlers()
  await OpenFeature.clearProviders()
})

describe('startFrom', () => {
  it('serves the values of the page before the other provider has any, and changes nothing when they are the same', async () => {
    const live = liveWith({ ...same, keyless: 'x' })
    await OpenFeature.setProviderAndWait(startFrom({ ...page, flags: page.flags.slice(0, 4) }, live.provider))
    expect(client.getBooleanDetails('on', false)).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'SPLIT',
    })
    expect(client.getStringValue('text', '')).toBe('hello')
    expect(client.getNumberValue('limit', 0)).toBe(3)
    expect(client.getObjectValue('look', {})).toEqual({ color: 'red' })
    live.ready()
    await expect.poll(() => client.getStringDetails('text', '').variant).toBe('live')
    expect(changed).toEqual([])
  })

  it('names what is different once the other one has taken over, and what the page did not have', async () => {
    const live = liveWith({ ...same, text: 'bye', late: true })
    await OpenFeature.setProviderAndWait(startFrom({ ...page, flags: page.flags.slice(0, 4) }, live.provider))
    expect(client.getBooleanDetails('late', false).errorCode).toBe('FLAG_NOT_FOUND')
    live.ready()
    await expect.poll(() => changed).toEqual([['text', 'late']])
    expect(client.getBooleanValue('late', false)).toBe(true)
  })

  it('serves defaults for another type and for a flag that failed, as any provider would', async () => {
    OpenFeature.setProvider(startFrom(page))
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    expect(client.getStringDetails('on', 'x')).toMatchObject({ value: 'x', errorCode: 'TYPE_MISMATCH' })
    expect(client.getBooleanDetails('keyless', true)).toMatchObject({
      value: true,
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(client.getBooleanDetails('own', true)).toMatchObject({ value: true, reason: 'DISABLED' })
    expect(client.getBooleanDetails('own', true).errorCode).toBeUndefined()
  })

  it('is the other provider from the start where the page is somebody else’s, or carries nothing', async () => {
    for (const found of [{ ...page, targetingKey: 'bob' }, undefined]) {
      const live = liveWith({ on: false })
      const ready = OpenFeature.setProviderAndWait(startFrom(found, live.provider))
      expect(client.getBooleanValue('on', true)).toBe(true)
      live.ready()
      await ready
      expect(client.getBooleanValue('on', true)).toBe(false)
      await OpenFeature.clearProviders()
    }
  })

  it('keeps what the page carries while the other one fails, and tries again, later each time', async () => {
    vi.useFakeTimers()
    const live = liveWith({ ...same, on: false })
    await OpenFeature.setProviderAndWait(startFrom(page, live.provider))
    live.fail()
    await vi.advanceTimersByTimeAsync(0)
    expect(client.providerStatus).toBe(ProviderStatus.STALE)
    expect(client.getBooleanValue('on', false)).toBe(true)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(live.initialized.length).toBe(2)
    live.fail()
    await vi.advanceTimersByTimeAsync(999)
    expect(live.initialized.length).toBe(2)
    await vi.advanceTimersByTimeAsync(1_001)
    expect(live.initialized.length).toBe(3)
    live.ready()
    await vi.advanceTimersByTimeAsync(0)
    expect(client.getBooleanValue('on', true)).toBe(false)
  })

  it('follows another person with the other provider, whether it had begun or not', async () => {
    const live = liveWith(same)
    await OpenFeature.setProviderAndWait(startFrom(page, live.provider))
    live.ready()
    await expect.poll(() => client.getStringDetails('text', '').variant).toBe('live')
    await OpenFeature.setContext({ targetingKey: 'bob' })
    expect(live.moved).toHaveBeenCalledWith({ targetingKey: 'ada' }, { targetingKey: 'bob' })

    await OpenFeature.setContext({ targetingKey: 'ada' })
    const failing = liveWith({ on: false })
    await OpenFeature.setProviderAndWait(startFrom(page, failing.provider))
    failing.fail()
    await expect.poll(() => client.providerStatus).toBe(ProviderStatus.STALE)
    const moved = OpenFeature.setContext({ targetingKey: 'bob' })
    await expect.poll(() => failing.initialized.length).toBe(2)
    failing.ready()
    await moved
    expect(client.getBooleanValue('on', true)).toBe(false)
  })

  it('closes the other one and leaves no timer', async () => {
    vi.useFakeTimers()
    const live = liveWith(same)
    await OpenFeature.setProviderAndWait(startFrom(page, live.provider))
    live.fail()
    await vi.advanceTimersByTimeAsync(0)
    await OpenFeature.clearProviders()
    expect(live.closed).toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('writeFlags', () => {
  const between = (html: string) =>
    /^<script type="application\/json" id="flagmarshal-flags">(.*)<\/script>$/s.exec(html)?.[1]
  const shown = (content: string | undefined) =>
    readFlags({ getElementById: () => ({ textContent: content }) } as never)

  it('escapes whatever could end it, and is read as it was', () => {
    const nasty = '</script><script>alert(1)</script><!--\u2028&amp;'
    const flags = [{ key: 'text', value: nasty, variant: nasty, reason: 'STATIC' }]
    const html = writeFlags({ targetingKey: nasty, flags })
    expect(between(html)).not.toMatch(/[<>&\u2028]/)
    expect(shown(between(html))).toEqual({ targetingKey: nasty, flags })
  })

  it('says nothing about rollouts, and what is no such thing is none', () => {
    const flags = [{ key: 'on', value: true, variant: 'on', reason: 'SPLIT', metadata: { arm: 'control' } }]
    expect(writeFlags({ flags })).not.toContain('control')
    for (const content of [undefined, '', '{', '[]', '{"flags":1}']) expect(shown(content)).toBeUndefined()
  })
})
