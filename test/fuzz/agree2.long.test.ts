import { agreeOn } from './agree.ts';

agreeOn(2, 600);
