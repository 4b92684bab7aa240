/** `12.90 €`. Prices are whole cents everywhere, so that sums are exact. */
export function formatCents(cents: number): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')} €`
}
