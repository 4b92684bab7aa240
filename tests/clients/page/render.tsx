/** The shop as HTML, with the values of one person. */
import { startFrom } from '@flagmarshal/sdk-web'
import type { PageFlags } from '@flagmarshal/sdk-web'
import { OpenFeature, OpenFeatureProvider } from '@openfeature/react-sdk'
import { renderToString } from 'react-dom/server'

import { Shop } from './shop.tsx'

/** Rendered at once, so that the values of nobody else can come between. */
export function renderShop(flags: PageFlags): string {
  OpenFeature.setProvider('page', startFrom(flags))
  return renderToString(
    <OpenFeatureProvider domain="page">
      <Shop />
    </OpenFeatureProvider>,
  )
}
