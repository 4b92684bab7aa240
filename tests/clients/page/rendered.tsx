/**
 * A page that a server has rendered: it starts from the values that it carries, and tells which it
 * has used. What went wrong while it came alive is kept where a test can read it.
 */
import { exposures, readFlags, startFrom } from '@flagmarshal/sdk-web'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, OpenFeatureProvider, ProviderEvents } from '@openfeature/react-sdk'
import { hydrateRoot } from 'react-dom/client'

import { Shop } from './shop.tsx'

const happened: string[] = []
Object.assign(globalThis, { happened, openFeature: OpenFeature })

const asked = new URLSearchParams(location.search)
const [server, key, user] = [asked.get('server') ?? '', asked.get('key') ?? '', asked.get('user') ?? '']
const live = new OFREPWebProvider({
  baseUrl: server,
  headers: [['Authorization', `Bearer ${key}`]],
  cacheMode: 'disabled',
})
OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, () => void happened.push('changed'))
OpenFeature.addHandler(ProviderEvents.Stale, () => void happened.push('stale'))
OpenFeature.addHooks(exposures({ url: server, key, everyMs: 600_000 }))
await OpenFeature.setContext({ targetingKey: user, plan: 'pro' })
await OpenFeature.setProviderAndWait(startFrom(readFlags(), live))

const root = document.querySelector('#root')
if (root !== null)
  hydrateRoot(
    root,
    <OpenFeatureProvider>
      <Shop />
    </OpenFeatureProvider>,
    { onRecoverableError: (error) => void happened.push(String(error)) },
  )
