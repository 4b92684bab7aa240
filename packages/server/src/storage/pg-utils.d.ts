/** The part of the driver that turns values into what is sent; its published types leave it out. */
declare module 'pg/lib/utils' {
  const utils: {
    /** Text, bytes, or null for null and undefined. Throws for an object that contains itself. */
    readonly prepareValue: (value: unknown) => string | Buffer | null
  }
  export default utils
}
