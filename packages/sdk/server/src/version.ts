/** How this SDK names itself to the server; a test holds it to package.json. */
export const SDK_NAME = '@flagmarshal/sdk-server'
export const SDK_VERSION = '0.1.0'
