/** Keys that the application of this folder shares. */
export const FLAGS = { checkout: 'new-checkout', search: 'fast-search' } as const
