/** In the browser: the page comes alive with the values that it carries, and live ones take over. */
import { readFlags, startFrom } from '@flagmarshal/sdk-web'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, OpenFeatureProvider } from '@openfeature/react-sdk'
import { hydrateRoot } from 'react-dom/client'

import { Shop } from './shop.tsx'

const live = new OFREPWebProvider({
  baseUrl: String(import.meta.env['VITE_FLAGMARSHAL_URL']),
  headers: [['Authorization', `Bearer ${String(import.meta.env['VITE_FLAGMARSHAL_KEY'])}`]],
  cacheMode: 'disabled', // what the page carries is newer than what a browser remembers
})
const root = document.querySelector<HTMLElement>('#root')
if (root !== null) {
  // The same person as on the server, or the page does not start from these values.
  const user = root.dataset['user'] ?? 'nobody'
  await OpenFeature.setContext({ targetingKey: user })
  await OpenFeature.setProviderAndWait(startFrom(readFlags(), live)) // waits for nothing
  hydrateRoot(
    root,
    <OpenFeatureProvider>
      <Shop user={user} />
    </OpenFeatureProvider>,
  )
}
