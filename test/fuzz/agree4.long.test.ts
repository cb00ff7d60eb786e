import { agreeOn } from './agree.ts';

agreeOn(4, 600);
