/**
 * A page in the browser: the React SDK of OpenFeature over its OFREP web provider. The key is one for
 * browsers, which may evaluate and nothing else, because everybody who opens the page can read it.
 */
import { exposures } from '@flagmarshal/sdk-web'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, OpenFeatureProvider } from '@openfeature/react-sdk'
import { createRoot } from 'react-dom/client'

import { Shop } from './shop.tsx'

const url = String(import.meta.env['VITE_FLAGMARSHAL_URL'])
const key = String(import.meta.env['VITE_FLAGMARSHAL_KEY'])

// Whoever is signed in; here the address says it: /?user=ada
const user = new URLSearchParams(location.search).get('user') ?? 'nobody'
await OpenFeature.setContext({ targetingKey: user })
// Tells the server which values people have looked at.
OpenFeature.addHooks(exposures({ url, key }))
// Waits for the first answer, so that nobody sees the old page and then the new one.
await OpenFeature.setProviderAndWait(
  new OFREPWebProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${key}`]] }),
).catch((error: unknown) => console.error(error)) // every flag has its default, then

const root = document.querySelector('#root')
if (root !== null)
  createRoot(root).render(
    <OpenFeatureProvider>
      <Shop user={user} />
    </OpenFeatureProvider>,
  )
