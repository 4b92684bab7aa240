/** On the server: the HTML of the page, with the values of its person in it. */
import { startFrom, writeFlags } from '@flagmarshal/sdk-web'
import type { PageFlags } from '@flagmarshal/sdk-web'
import { OpenFeature, OpenFeatureProvider } from '@openfeature/react-sdk'
import { renderToString } from 'react-dom/server'

import { Shop } from './shop.tsx'

/** Rendered at once, so that the values of nobody else can come between. */
export function render(flags: PageFlags, user: string): string {
  OpenFeature.setProvider('page', startFrom(flags))
  const shop = renderToString(
    <OpenFeatureProvider domain="page">
      <Shop user={user} />
    </OpenFeatureProvider>,
  )
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <link rel="icon" href="data:," />
  <title>A shop</title>
  ${writeFlags(flags)}
  <div id="root" data-user="${user}">${shop}</div>
  <script type="module" src="/src/page.tsx"></script>
</html>`
}
