/**
 * A page of another site: React, with OpenFeature's clients as they are published and nothing of ours.
 * Its address says which server and key; what happened is kept where a test can read it.
 */
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, OpenFeatureProvider, ProviderEvents } from '@openfeature/react-sdk'
import { createRoot } from 'react-dom/client'

import { Shop } from './shop.tsx'

interface Happened {
  readonly event: string
  readonly flags: readonly string[]
}

const happened: Happened[] = []
Object.assign(globalThis, { happened, openFeature: OpenFeature })

const asked = new URLSearchParams(location.search)
const [server, key] = [asked.get('server') ?? '', asked.get('key') ?? '']

for (const event of [ProviderEvents.Ready, ProviderEvents.Error])
  OpenFeature.addHandler(event, () => void happened.push({ event, flags: [] }))
OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
  const flags: unknown = details?.flagsChanged
  happened.push({ event: ProviderEvents.ConfigurationChanged, flags: Array.isArray(flags) ? flags : [] })
})

await OpenFeature.setContext({ targetingKey: 'ada', plan: 'free' })
await OpenFeature.setProviderAndWait(
  new OFREPWebProvider({ baseUrl: server, headers: [['Authorization', `Bearer ${key}`]] }),
)
const root = document.querySelector('#root')
if (root !== null)
  createRoot(root).render(
    <OpenFeatureProvider>
      <Shop />
    </OpenFeatureProvider>,
  )
