/**
 * The two features of the demo, as their people describe them.
 */

/** A feature of the shop, behind the flag of the same key. */
export interface Feature {
  readonly key: string
  readonly name: string
  readonly layers: readonly ('backend' | 'frontend' | 'middleware')[]
  readonly acceptance: readonly string[]
  readonly userImpact: string
  /** Where the flag is asked, below `examples/shop/src`. */
  readonly code: readonly { readonly layer: 'backend' | 'frontend' | 'middleware'; readonly path: string }[]
  readonly previousVersion: string
}

/** Works, and must reach everybody. */
export const NEW_CHECKOUT: Feature = {
  key: 'new-checkout',
  name: 'Checkout on one page',
  layers: ['frontend', 'middleware'],
  acceptance: [
    'An order can be placed with one form.',
    'The total equals that of the checkout in steps for the same cart.',
  ],
  userImpact: 'Customers order on one page instead of in three steps.',
  code: [
    { layer: 'frontend', path: 'edge/page.ts' },
    { layer: 'middleware', path: 'edge.ts' },
  ],
  previousVersion: 'the checkout in steps, still in the code',
}

/** Carries a real regression that its tests did not find, and must be rolled back. */
export const FAST_SEARCH: Feature = {
  key: 'fast-search',
  name: 'Search by index',
  layers: ['backend'],
  acceptance: ['A search finds what the old one finds.', 'A search takes less time than the old one.'],
  userImpact: 'Customers find products faster; nothing else changes for them.',
  code: [{ layer: 'backend', path: 'backend.ts' }],
  previousVersion: 'the search by scan, still in the code',
}
