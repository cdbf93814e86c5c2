/** The form of a session's id: the client's name and the client's own id of the conversation. */

export const sessionForm = /^[a-z][a-z0-9-]*:[\w.@-]{1,128}$/
