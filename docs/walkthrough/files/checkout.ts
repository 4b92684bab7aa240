// The part of the shop that asks the flag, as merged.
export const pay = (client, shopper) =>
  client
    .getBooleanValue('new-checkout', false, { targetingKey: shopper })
    .then((on) => (on ? 'one page' : 'three pages'))
