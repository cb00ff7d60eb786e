/** jstat 1.9.6 comes without types. What is used of it. */
declare module 'jstat' {
  const jStat: {
    readonly studentt: {
      /** The quantile `p` of Student's t with so many degrees of freedom; these need not be whole. */
      inv(p: number, degrees: number): number;
    };
  };
  export default jStat;
}
