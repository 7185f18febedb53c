export const title = 'One layer upon another'
